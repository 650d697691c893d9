// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.runtime.engine.EngineStats;

/** What the job's engine is and has done so far. */
public record EngineSnapshot(EngineInfo info, EngineStats stats) {}
