// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import dev.highbeam.runtime.backend.cuda.driver.DeviceRequest.Sharing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A process that claims one device, prints its key and waits to be told (or made) to end.
 * Arguments: folder, sharing, keys.
 */
final class ClaimingProcess {

  private ClaimingProcess() {}

  public static void main(String[] arguments) throws IOException {
    DeviceClaims claims = new DeviceClaims(Path.of(arguments[0]));
    List<String> keys = Arrays.asList(arguments).subList(2, arguments.length);
    try {
      System.out.println(claims.claim(keys, Sharing.valueOf(arguments[1])));
    } catch (DevicesInUseException e) {
      System.out.println("refused: " + e.getMessage());
    }
    int end = System.in.read();
    System.out.println(end);
  }
}
