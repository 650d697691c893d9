// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.CudaArchList;
import dev.highbeam.runtime.api.EngineException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageSourceTest {

  private static final TargetArch SM_80 = TargetArch.parse("sm_80");
  private static final TargetArch PTX_80 = TargetArch.parse("compute_80");

  @TempDir Path folder;

  private final KernelImages images =
      KernelImages.open(BuildFiles.of("sm_80", "compute_80")).orElseThrow();

  /** A driver's compiler that notes what it compiled. */
  private static final class FakeCompiler implements PtxCompiler {
    private final List<byte[]> compiled = new ArrayList<>();
    private final String version;

    FakeCompiler(String version) {
      this.version = version;
    }

    @Override
    public String version() {
      return version;
    }

    @Override
    public List<String> options() {
      return List.of();
    }

    @Override
    public byte[] compile(byte[] ptx) {
      compiled.add(ptx);
      return ("cubin of " + version).getBytes(StandardCharsets.UTF_8);
    }
  }

  private final FakeCompiler compiler = new FakeCompiler("13000");

  @Test
  void S0_10_givenAnImageOfTheJar_load_compilesAndStoresNothing() {
    byte[] loaded = source().load(device("8.0"), SM_80, compiler, image -> image);

    assertThat(loaded).isEqualTo(FatbinBytes.image(SM_80));
    assertThat(compiler.compiled).isEmpty();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void givenPtx_load_compilesOnceForAllProcesses() {
    for (int process = 0; process < 3; process++) {
      byte[] loaded = source().load(device("12.0"), PTX_80, compiler, image -> image);
      assertThat(loaded).asString(StandardCharsets.UTF_8).isEqualTo("cubin of 13000");
    }
    assertThat(compiler.compiled).hasSize(1);
    assertThat(compiler.compiled.get(0)).isEqualTo(FatbinBytes.image(PTX_80));
  }

  @Test
  void S0_2_givenAnotherDeviceOrDriver_load_compilesForThat() {
    source().load(device("12.0"), PTX_80, compiler, image -> image);
    source().load(device("12.1"), PTX_80, compiler, image -> image);
    assertThat(compiler.compiled).hasSize(2);

    FakeCompiler newer = new FakeCompiler("13000-590.1");
    byte[] loaded = source().load(device("12.0"), PTX_80, newer, image -> image);
    assertThat(loaded).asString(StandardCharsets.UTF_8).isEqualTo("cubin of 13000-590.1");
  }

  @Test
  void S0_5_givenADriverThatRefusesAlways_load_namesDeviceAndImages() {
    assertThatThrownBy(() -> source().load(device("12.0"), PTX_80, compiler, this::refuse))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION))
        .hasMessage(
            "CUDA device 3 (Test, compute capability 12.0, GPU-1, PCI 0000:01:00.0, driver for CUDA"
                + " 13.0 (13000), CUDA_VISIBLE_DEVICES unset) cannot be used: its driver refused"
                + " the kernels for compute_80: CUDA_ERROR_INVALID_IMAGE (200); this build carries"
                + " sm_80, compute_80")
        .hasRootCauseMessage("200");
    assertThat(compiler.compiled).hasSize(2);

    assertThatThrownBy(() -> source().load(device("8.0"), SM_80, compiler, this::refuse))
        .hasMessageContaining("refused the kernels for sm_80: CUDA_ERROR_INVALID_IMAGE (200)")
        .hasMessageNotContaining("requires");
    assertThat(compiler.compiled).hasSize(2);
  }

  @Test
  void S1_6_givenTheListInAnyOrder_load_findsTheSameImage() {
    source().load(device("12.0"), chosen("8.0+PTX;9.0a"), compiler, image -> image);
    source().load(device("12.0"), chosen("9.0a, sm_80, compute_80"), compiler, image -> image);

    assertThat(compiler.compiled).hasSize(1);
  }

  private TargetArch chosen(String list) {
    ImageChoice choice =
        images.choose(
            device("12.0"), new ImageChoice.Wish(CudaArchList.parse("cuda_arch_list", list), true));
    return ((ImageChoice.Chosen) choice).arch();
  }

  private Object refuse(byte[] image) throws ImageRefusedException {
    throw new ImageRefusedException(
        "CUDA_ERROR_INVALID_IMAGE (200)", new IllegalStateException("200"));
  }

  private ImageSource source() {
    return new ImageSource(
        images, KernelCache.open(folder.toString(), name -> null, new DiskFiles()));
  }

  private static DeviceIdentity device(String capability) {
    return new DeviceIdentity(
        3,
        "Test",
        Capability.parse(capability),
        "GPU-1",
        "0000:01:00.0",
        new DriverVersion(13000),
        null);
  }
}
