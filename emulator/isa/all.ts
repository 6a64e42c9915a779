// SPDX-License-Identifier: MIT
/** @fileoverview Every file of records, in the order that gives records and helpers their numbers. */
import './integer/alu.ts';
import './integer/shift.ts';
import './integer/multiply.ts';
import './integer/bits.ts';
import './integer/bmi.ts';
import './integer/move.ts';
import './integer/stack.ts';
import './integer/string.ts';
import './integer/decimal.ts';
import './system/segmentInstructions.ts';
import './system/transferInstructions.ts';
import './system/flagInstructions.ts';
import './system/portInstructions.ts';
import './system/tableInstructions.ts';
import './system/controlInstructions.ts';
import './system/machineInstructions.ts';
import './system/cacheInstructions.ts';
import './sse/index.ts';
import './x87/index.ts';
import './mmx/index.ts';
