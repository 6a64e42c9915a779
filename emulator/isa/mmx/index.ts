// SPDX-License-Identifier: MIT
/** @fileoverview All records with MMX operands. */
import './integer.ts';
import './move.ts';
