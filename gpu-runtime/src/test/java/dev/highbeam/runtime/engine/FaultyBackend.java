// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.Program;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A backend that works, but for what a test does to the executables that it compiles. */
final class FaultyBackend {

  private FaultyBackend() {}

  /** Makes something else of an executable. */
  @FunctionalInterface
  interface Fault {
    Executable plant(Executable healthy, Program program, Capacity capacity);
  }

  static Backend of(Backend healthy, Fault fault) {
    Class<?>[] types = {Backend.class};
    return (Backend)
        Proxy.newProxyInstance(
            FaultyBackend.class.getClassLoader(),
            types,
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(healthy, arguments);
                return method.getName().equals("compile")
                    ? fault.plant(
                        (Executable) result, (Program) arguments[0], (Capacity) arguments[1])
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
