import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { readFileSync } from 'node:fs';
import { systemWith } from './guestTests.ts';
import { typeOnOurs } from './session.ts';
test('x', { timeout: 900_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'x-'));
  const system = await systemWith(directory, (process.env.PROGS ?? '').split(' ').filter(Boolean));
  const commands = readFileSync(process.env.CMDS!, 'utf8').split('\n').filter(Boolean);
  const { outputs, banner } = await typeOnOurs(system, commands, process.env.DISK ? ['--disk', process.env.DISK] : [], 600);
  writeFileSync('/tmp/x.out', banner + commands.map((c, i) => `$ ${c}\n${outputs[i]}`).join(''));
  rmSync(directory, { recursive: true });
});
