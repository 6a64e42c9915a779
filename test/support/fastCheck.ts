// SPDX-License-Identifier: MIT
/** @fileoverview Before every test file: what fast-check tries is repeated from run to run (seed.ts). */
import fc from 'fast-check';
import { testSeed } from './seed.ts';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: testSeed() });
