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

  /** Compiles with the healthy backend, and makes something else of it. */
  @FunctionalInterface
  interface Fault {
    Executable compile(Backend healthy, Program program, Capacity capacity);
  }

  static Backend of(Backend healthy, Fault fault) {
    Class<?>[] types = {Backend.class};
    return (Backend)
        Proxy.newProxyInstance(
            FaultyBackend.class.getClassLoader(),
            types,
            (proxy, method, arguments) -> {
              if (method.getName().equals("compile")) {
                return fault.compile(healthy, (Program) arguments[0], (Capacity) arguments[1]);
              }
              try {
                return method.invoke(healthy, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
