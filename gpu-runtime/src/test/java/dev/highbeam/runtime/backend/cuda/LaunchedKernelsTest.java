// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import dev.highbeam.runtime.backend.cuda.image.KernelImages;
import dev.highbeam.runtime.backend.cuda.image.KernelManifest;
import dev.highbeam.runtime.backend.cuda.image.KernelRow;
import dev.highbeam.runtime.backend.cuda.image.TargetArch;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each image holds the kernels that its devices may be told to run, and no other. */
final class LaunchedKernelsTest {

  /** Kernels of which there is one for all types and devices. */
  private static final List<String> ALWAYS =
      List.of(
          "assign_slots",
          "embed",
          "rms_norm",
          "gather",
          "rope_append",
          "attention_combine",
          "sample_scan",
          "sample_adjust",
          "sample_draw");

  private static final List<DType> ACTIVATIONS = List.of(DType.F32, DType.BF16, DType.F16);

  @ParameterizedTest
  @CsvSource({"compute_75,7.5", "sm_80,8.0", "sm_90a,9.0", "compute_80,12.0"})
  void givenImage_kernels_areThoseThatItsDevicesLaunch(String arch, String device) {
    KernelImages images = KernelImages.open().orElse(null);
    if (images == null && !Boolean.getBoolean("gpu.required")) {
      Assumptions.abort("this build carries no kernels: it was made without nvcc");
    }
    Assertions.assertNotNull(images, "this build carries no kernels");
    KernelManifest manifest = images.manifest();
    Set<String> carried =
        manifest.rows(TargetArch.parse(arch)).stream()
            .map(KernelRow::kernel)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(carried).isEqualTo(launched(Capability.parse(device)));
  }

  private static Set<String> launched(Capability device) {
    Set<String> names = new TreeSet<>(ALWAYS);
    for (DType input : ACTIVATIONS) {
      for (DType kv : DType.values()) {
        for (int headDim = 8; headDim <= 256; headDim += 8) {
          AttentionSpec spec = AttentionShapes.spec(8, 2, headDim, 0);
          names.add(AttentionVariants.output(device, input, kv, spec).kernel());
          names.add(AttentionVariants.prompt(device, input, kv, spec).kernel());
        }
      }
      for (DType weight : ACTIVATIONS) {
        LinearKernel kernel = LinearKernel.of(device, weight, input);
        LinearFamily family = LinearFamily.of(kernel, weight, 4096, 4096);
        for (LinearShape shape : LinearShape.of(kernel, device)) {
          names.add(LinearTiles.of(family, shape, false, 1, 132).kernel());
        }
      }
    }
    return names;
  }
}
