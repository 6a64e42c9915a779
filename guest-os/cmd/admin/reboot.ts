// SPDX-License-Identifier: MIT
/** @fileoverview reboot(8): restart the system */
/** @manual
 * DESCRIPTION
 * Stops all services in the reverse order of their dependencies, ends what is left, and resets the machine.
 *
 * OPTIONS
 *   -d           at once, after a crash dump as in a panic (dumpadm(8))
 *   -q           at once: nothing is stopped first
 *   -l, -n, -y   accepted: there is no log to leave alone, and nobody is asked
 *
 * SEE ALSO
 * init(8), shutdown(8), svc.startd(8)
 */
import { endSystem, isQuick } from './_shutdown';

export const USAGE: string = 'reboot [-dlnqy]';

export function main(args: string[]): i32 {
  const quick = isQuick('reboot', USAGE, args);
  return quick < 0 ? 2 : endSystem('reboot', '6', quick == 1);
}
