// SPDX-License-Identifier: Apache-2.0

/**
 * Tests of the engine without a model: {@link dev.highbeam.runtime.engine.FakeExecutable} reads
 * every context back through the page tables, so a fault in paging, sharing or preemption changes
 * outputs. {@link dev.highbeam.runtime.engine.PoisonEngines} is there for the runners' tests.
 */
@NullMarked
package dev.highbeam.runtime.engine;

import org.jspecify.annotations.NullMarked;
