// SPDX-License-Identifier: MIT
/** @fileoverview What `tools/build.js` runs to generate the interpreter. */
export { interpreterToStore } from '../machine/storedInterpreter.ts';
