// SPDX-License-Identifier: MIT
import { defineConfig } from 'vitest/config';

const unit = [
  'emulator/**/*.test.ts',
  'web/**/*.test.ts',
  'toolchain/**/*.test.ts',
  'tools/**/*.test.ts',
  'guest-os/**/*.test.ts',
  'zfs/**/*.test.ts',
];
const setupFiles = ['test/support/fastCheck.ts'];
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: unit, testTimeout: 60_000, maxWorkers: 2, setupFiles } },
      // Whole systems: two at a time, since each takes a core and its guest's RAM.
      { test: { name: 'system', include: ['test/**/*.test.ts'], testTimeout: 600_000, maxWorkers: 2, setupFiles } },
    ],
  },
});
