#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview `node tools/mutateZones.js [FIRST [LAST]]`: takes each zone check of the kernel out (test/mutate/zones.ts), and shows whether the tests of zones
 * notice. Half a minute or more for each.
 */
import { moduleServer } from './moduleServer.js';

const [first, last] = process.argv.slice(2).map(Number);
const server = await moduleServer();
const { mutateZones } = await server.ssrLoadModule('/test/mutate/zones.ts');
const missed = await mutateZones((/** @type {string} */ line) => console.log(line), first, last);
await server.close();
console.log(`${missed.length} missed`);
if (missed.length > 0) process.exitCode = 1;
