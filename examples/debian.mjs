// SPDX-License-Identifier: MIT
// Boots Debian's kernel with an initramfs, and asks it who it is: node debian.mjs vmlinuz initrd.gz
import { boot } from 'diorama';

const [kernel, initrd] = process.argv.slice(2);
const vm = boot({ kernel, initrd, append: 'console=ttyS0 quiet', memory: 512 * 2 ** 20 });
vm.console.onOutput((byte) => process.stdout.write(Uint8Array.of(byte)));
await vm.console.expect(/# $/, { within: 120 });
vm.console.send('uname -srm; poweroff -f');
const [, release] = await vm.console.expect(/^Linux (\S+) x86_64\r$/, { within: 10 });
const end = await vm.run();
console.log(`\n${release} ran ${vm.inspect().instructions} instructions and ended by ${end.kind}`);
