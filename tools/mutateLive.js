#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview `node tools/mutateLive.js [FIRST [LAST]]`: takes out what makes each property of VMs live, and swap, and crash dumps (test/mutate/live.ts), and shows whether the test of
 * it fails. A few minutes for each.
 */
import { moduleServer } from './moduleServer.js';

const [first, last] = process.argv.slice(2).map(Number);
const server = await moduleServer();
const { mutateLive } = await server.ssrLoadModule('/test/mutate/live.ts');
const missed = await mutateLive((/** @type {string} */ line) => console.log(line), first, last);
await server.close();
console.log(`${missed.length} missed`);
if (missed.length > 0) process.exitCode = 1;
