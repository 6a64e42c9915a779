#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** @fileoverview The command `diorama` as a Node program: everything is in commandLine.ts. */

import { readFileSync } from 'node:fs';
import { main } from './commandLine.ts';
import { makeNodeMachine } from './nodeMachine.ts';
import { nodeTerminal } from './nodeTerminal.ts';

/** Bundled into dist/node, two levels below the package's root. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

process.exitCode = await main(process.argv.slice(2), version, nodeTerminal(), makeNodeMachine);
