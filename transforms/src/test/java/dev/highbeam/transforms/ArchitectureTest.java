// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import org.junit.jupiter.api.Test;

/** Which way imports point. */
class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.highbeam.transforms");

  @Test
  void givenTheRuntime_onlyItsDoorsAreUsed_neverItsInside() {
    ArchRuleDefinition.noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.highbeam.runtime.sampling..",
            "dev.highbeam.runtime.model..",
            "dev.highbeam.runtime.backend..",
            "dev.highbeam.runtime.json..")
        .check(CLASSES);
  }

  @Test
  void givenPackages_haveNoCycles_andRowsKnowNeitherFilesNorTransforms() {
    slices().matching("dev.highbeam.(**)").should().beFreeOfCycles().check(CLASSES);
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAPackage("dev.highbeam.transforms.rows")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.highbeam.transforms.read..",
            "dev.highbeam.transforms.write..",
            "dev.highbeam.transforms")
        .check(CLASSES);
  }
}
