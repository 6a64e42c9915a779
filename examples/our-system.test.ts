// SPDX-License-Identifier: MIT
// Vitest: our own system, booted once; each test begins at the same prompt. Run it with `npx vitest`.

import { machineTest } from 'diorama/vitest';
import { expect } from 'vitest';

const PROMPT = /\[root@\S+ \S+\]# $/;
const test = machineTest({
  async ready(vm) {
    await vm.console.expect(/login: $/, { within: 60 });
    vm.console.send('root');
    await vm.console.expect(PROMPT, { within: 60 });
  },
});

test('says what it is', async ({ vm }) => {
  vm.console.send('uname -s');
  await vm.console.expect(/^SunOS\r$/, { within: 10 });
});

test('has not seen what another test did', async ({ vm }) => {
  vm.console.send('mkdir /tmp/mine && ls /tmp');
  await vm.console.expect(/^mine\r$/, { within: 10 });
  expect(vm.console.screen).toContain('mine');
});
