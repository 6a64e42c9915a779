// SPDX-License-Identifier: MIT
/** @fileoverview All x87 and state-saving records. */
import './arithmeticInstructions.ts';
import './control.ts';
import './state.ts';
import './transcendentalInstructions.ts';
import './transferInstructions.ts';
