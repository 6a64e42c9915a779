// SPDX-License-Identifier: MIT
/** @fileoverview svcprop(1): retrieve values of service properties */
/** @manual
 * DESCRIPTION
 * Prints properties of instances as they run with them, states among them: group/property, type, values. With one -p that names one property
 * only the values are printed.
 *
 * OPTIONS
 *   -c             as they are now, not as the instance runs with them
 *   -f             properties by their full names: svc:/…/:properties/group/property
 *   -p group[/property]   only these; may be repeated
 *   -q             nothing is printed: is the property there?
 *   -t             types and names also where only values would be printed
 *
 * EXIT STATUS
 *   0   done
 *   1   an instance or property does not exist
 *   2   wrong usage
 *
 * EXAMPLES
 *   svcprop -p restarter/state utmp
 *
 * SEE ALSO
 * svccfg(8), svcs(1), smf(7)
 */
import { out, say } from '../../lib/io';
import { Instance, Property, PropertyGroup } from '../../lib/smf/repository';
import { fetchRepository, instancesFor } from './_client';
import { runInZone } from './_zone';

export const USAGE: string = 'svcprop [-z zone] [-cfqt] [-p group[/property]] ... {FMRI | pattern} ...';

let flags: string = '';

export function main(args: string[]): i32 {
  const elsewhere = runInZone(args);
  if (elsewhere >= 0) return elsewhere;
  const wanted: string[] = [];
  const patterns: string[] = [];
  for (let i = 1; i < args.length; i++) {
    const word = args[i];
    if (word == '-p' && i + 1 < args.length) wanted.push(args[++i]);
    else if (word.startsWith('-') && word.length > 1) {
      for (let k = 1; k < word.length; k++) if (!'cfqt'.includes(word.charAt(k))) return usage();
      flags += word.substring(1);
    } else patterns.push(word);
  }
  if (!patterns.length) return usage();
  const repository = fetchRepository('svcprop');
  if (!repository) return 1;
  let result = 0;
  for (let i = 0; i < patterns.length; i++) {
    const found = instancesFor(repository, patterns[i]);
    if (!found.length) {
      say("svcprop: Pattern '" + patterns[i] + "' doesn't match any entities\n");
      result = 1;
    }
    for (let k = 0; k < found.length; k++) {
      const qualified = flags.includes('f') || found.length > 1 || patterns.length > 1;
      if (!show(found[k], wanted, qualified)) result = 1;
    }
  }
  return result;
}

function usage(): i32 {
  say('Usage: ' + USAGE + '\n');
  return 2;
}

function show(instance: Instance, wanted: string[], qualified: bool): bool {
  const groups = flags.includes('c') ? instance.composed() : instance.effective();
  if (!wanted.length) {
    for (let i = 0; i < groups.length; i++) showGroup(instance, groups[i], '', true, qualified);
    return true;
  }
  let good = true;
  for (let i = 0; i < wanted.length; i++) {
    const slash = wanted[i].indexOf('/');
    const name = slash < 0 ? wanted[i] : wanted[i].substring(0, slash);
    const property = slash < 0 ? '' : wanted[i].substring(slash + 1);
    const verbose = wanted.length > 1 || slash < 0 || flags.includes('t');
    let found = false;
    for (let k = 0; k < groups.length; k++)
      if (groups[k].name == name && showGroup(instance, groups[k], property, verbose, qualified)) found = true;
    if (found) continue;
    if (!flags.includes('q'))
      say(
        "svcprop: Couldn't find property" +
          (slash < 0 ? ' group' : '') +
          " '" +
          wanted[i] +
          "' for instance '" +
          instance.fmri +
          "'.\n",
      );
    good = false;
  }
  return good;
}

/** True: something was there. */
function showGroup(instance: Instance, group: PropertyGroup, only: string, verbose: bool, qualified: bool): bool {
  let found = !only.length;
  for (let i = 0; i < group.properties.length; i++) {
    const property = group.properties[i];
    if (only.length && property.name != only) continue;
    found = true;
    if (flags.includes('q')) continue;
    let name = group.name + '/' + property.name;
    if (qualified) name = instance.fmri + '/:properties/' + name;
    out((verbose || qualified ? name + ' ' + property.type + ' ' : '') + valuesText(property) + '\n');
  }
  return found;
}

/** Values with spaces between; what the shell would take apart is escaped. */
export function valuesText(property: Property): string {
  let text = '';
  for (let i = 0; i < property.values.length; i++) {
    if (i) text += ' ';
    const value = property.values[i];
    if (!value.length) text += '""';
    for (let k = 0; k < value.length; k++) {
      const c = value.charAt(k);
      text += ' \t\n|&;<>()$`\\"\'*?[#~'.includes(c) ? '\\' + c : c;
    }
  }
  return text;
}
