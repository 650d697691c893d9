// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * What every backend must pass: extend it, say which backend and how to read a buffer. Its tests
 * stand in the interfaces, one for each kind of op.
 */
public abstract class BackendContract
    implements LinearContract, RowContract, AttentionContract, HeadContract, StepContract {}
