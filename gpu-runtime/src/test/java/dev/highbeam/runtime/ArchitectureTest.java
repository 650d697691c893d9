// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;

/**
 * The package edges of the runtime. Each rule lists all that a package may use of ours; whatever is
 * not listed is forbidden, so a new package needs a line here. A rule about a package that has no
 * classes yet holds.
 */
@AnalyzeClasses(
    packages = "dev.highbeam.runtime",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final String ROOT = "dev.highbeam.runtime.";

  @ArchTest
  static final ArchRule ENGINE =
      edges("engine", "sampling", "model", "backend", "tokenizer", "api", "json");

  @ArchTest static final ArchRule MODEL = edges("model", "backend", "api", "json");
  @ArchTest static final ArchRule SAMPLING = edges("sampling", "api");

  /** The interface itself, without its implementations below. */
  @ArchTest static final ArchRule BACKEND = edges("backend", "api", "sampling");

  // Siblings do not appear in each other's lists: what they share belongs in backend.
  @ArchTest
  static final ArchRule REFERENCE = edges("backend.reference", "backend", "sampling", "api");

  @ArchTest static final ArchRule CPU = edges("backend.cpu", "backend", "sampling", "api");

  @ArchTest
  static final ArchRule CUDA =
      edges(
          "backend.cuda",
          "backend.cuda.driver",
          "backend.cuda.image",
          "backend",
          "sampling",
          "api");

  /** Of the images it needs only what a capability is, of the interface where native files lie. */
  @ArchTest
  static final ArchRule CUDA_DRIVER =
      edges("backend.cuda.driver", "backend.cuda.image", "backend", "api");

  @ArchTest static final ArchRule CUDA_IMAGE = edges("backend.cuda.image", "api");
  @ArchTest static final ArchRule TOKENIZER = edges("tokenizer", "json");
  @ArchTest static final ArchRule API = edges("api");
  @ArchTest static final ArchRule JSON = edges("json");

  /** Every other class gets its backend handed in, so a further backend changes one file. */
  @ArchTest
  static final ArchRule ONLY_BACKENDS_KNOWS_IMPLEMENTATIONS =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              ROOT + "backend.reference..", ROOT + "backend.cpu..", ROOT + "backend.cuda..")
          .and()
          .doNotHaveSimpleName("Backends")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              ROOT + "backend.reference..", ROOT + "backend.cpu..", ROOT + "backend.cuda..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule JCUDA_HAS_ONE_HOME =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "backend.cuda.driver")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jcuda..")
          .because("only there are a handle's context and bounds checked before the driver sees it")
          .allowEmptyShould(true);

  /**
   * The engines of one process share a device's context, and workers are set up from many threads
   * at once: counting contexts, open handles and claimed devices needs a lock. Launching does not.
   */
  private static final DescribedPredicate<JavaClass> CUDA_LOCKS =
      resideInAPackage(ROOT + "backend.cuda.driver")
          .and(
              simpleName("CudaProcess")
                  .or(simpleName("HandleLedger"))
                  .or(simpleName("DeviceClaims")));

  /**
   * Engines of one process share the cache of compiled kernels, and processes of one host its
   * folder: something is compiled once, whoever asks. All threads of that meet in these three.
   */
  private static final DescribedPredicate<JavaClass> KERNEL_CACHE =
      resideInAPackage(ROOT + "backend.cuda.image")
          .and(simpleName("OnceMap").or(simpleName("BuildLock")).or(simpleName("CacheActivity")));

  @ArchTest
  static final ArchRule CONCURRENCY_HAS_TWO_HOMES =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + "engine..", ROOT + "backend.cpu..")
          .and(not(KERNEL_CACHE))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.util.concurrent..")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .because("everything outside the engine loop and the CPU pool is single-threaded by rule")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule SYNCHRONIZED_HAS_TWO_HOMES =
      noMethods()
          .that()
          .areDeclaredInClassesThat()
          .resideOutsideOfPackages(ROOT + "engine..", ROOT + "backend.cpu..")
          .and()
          .areDeclaredInClassesThat(not(CUDA_LOCKS))
          .should()
          .haveModifier(JavaModifier.SYNCHRONIZED)
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule NO_BEAM_NO_AVRO =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache..", "dev.highbeam.schemas..", "dev.highbeam.transforms..")
          .allowEmptyShould(true);

  /** Backends is the one place where an interface's package meets its implementations. */
  @ArchTest
  static final ArchRule NO_CYCLES =
      slices()
          .matching(ROOT + "(**)")
          .should()
          .beFreeOfCycles()
          .ignoreDependency(simpleName("Backends"), alwaysTrue())
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule KNOWN_PACKAGES_ONLY =
      classes()
          .should()
          .resideInAnyPackage(
              packages(
                  "api",
                  "engine",
                  "sampling",
                  "model",
                  "tokenizer",
                  "json",
                  "backend",
                  "backend.reference",
                  "backend.cpu",
                  "backend.cuda",
                  "backend.cuda.driver",
                  "backend.cuda.image"))
          .because("the edges of a new package must be written down here")
          .allowEmptyShould(true);

  private static ArchRule edges(String from, String... to) {
    DescribedPredicate<JavaClass> ours = resideInAPackage("dev.highbeam..");
    DescribedPredicate<JavaClass> allowed =
        resideInAnyPackage(packages(to)).or(resideInAPackage(ROOT + from));
    return classes()
        .that()
        .resideInAPackage(ROOT + from)
        .and()
        .doNotHaveSimpleName("Backends")
        .should()
        .onlyDependOnClassesThat(not(ours).or(allowed))
        .allowEmptyShould(true);
  }

  private static String[] packages(String... names) {
    return Arrays.stream(names).map(name -> ROOT + name).toArray(String[]::new);
  }
}
