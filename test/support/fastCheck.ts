// SPDX-License-Identifier: MIT
/** @fileoverview Before every test file: what fast-check tries follows from the commit, so that a verdict is repeated (seed.ts). */
import fc from 'fast-check';
import { commitSeed } from './seed.ts';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: commitSeed() });
