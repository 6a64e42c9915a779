// SPDX-License-Identifier: MIT
/** @fileoverview `[[ … ]]` of bash: files and texts as test(1) knows them, patterns, regular expressions, numbers as arithmetic. */
import { main as test } from '../../core/test_';
import { compile, EXTENDED, IGNORE_CASE } from '../../../lib/regex/regex';
import { say } from '../../../lib/io';
import { numberOf } from '../expand/arithmetic';
import { Condition } from '../syntax/conditionSyntax';
import { expandText, matchesPattern, regexOf } from '../expand/expand';
import { Parameter } from '../expand/parameter';
import { state } from '../state';
import { setArray } from '../variables/variables';

/** 0 true, 1 false, 2 a mistake. */
export function evaluateCondition(condition: Condition | null): i32 {
  if (!condition) return 2;
  const left = condition.left;
  if (left) {
    const result = evaluateCondition(left);
    if (result == 2) return 2;
    if (condition.operator == '!') return result ? 0 : 1;
    if ((condition.operator == '&&') == (result != 0)) return result;
    return evaluateCondition(condition.right);
  }
  const first = expandText(condition.first);
  if (state.failed) return 2;
  const operator = condition.operator;
  if (!operator.length) return first.length ? 0 : 1;
  if (!condition.second.length && operator.length == 2 && operator.startsWith('-')) return unary(operator, first);
  return binary(operator, first, condition.second);
}

/** Also of test: what it does not know of itself. */
export function unary(operator: string, operand: string): i32 {
  if (operator == '-v') {
    const parameter = Parameter.parse(operand);
    return parameter && !parameter.rest.length && parameter.isSet ? 0 : 1;
  }
  if (operator == '-o') return state.named.has(operand) ? 0 : 1;
  return test(['test', operator, operand]);
}

function binary(operator: string, first: string, word: string): i32 {
  if (operator == '=~') return matchesRegex(first, word);
  if (operator == '==' || operator == '=' || operator == '!=') {
    // Patterns of the kind that extglob is about are always on here.
    const was = state.named.has('extglob');
    state.named.add('extglob');
    const same = matchesPattern(word, state.named.has('nocasematch') ? first.toLowerCase() : first);
    if (!was) state.named.delete('extglob');
    return same != (operator == '!=') ? 0 : 1;
  }
  const second = expandText(word);
  if (operator == '<') return first < second ? 0 : 1;
  if (operator == '>') return first > second ? 0 : 1;
  if (operator == '-nt' || operator == '-ot' || operator == '-ef') return test(['test', first, operator, second]);
  const x = numberOf(first);
  const y = numberOf(second);
  if (state.failed) return 1;
  if (operator == '-eq') return x == y ? 0 : 1;
  if (operator == '-ne') return x != y ? 0 : 1;
  if (operator == '-lt') return x < y ? 0 : 1;
  if (operator == '-le') return x <= y ? 0 : 1;
  if (operator == '-gt') return x > y ? 0 : 1;
  return x >= y ? 0 : 1;
}

/** BASH_REMATCH gets what the expression and its groups have matched. */
function matchesRegex(text: string, word: string): i32 {
  const regex = compile(regexOf(word), EXTENDED | (state.named.has('nocasematch') ? IGNORE_CASE : 0));
  if (!regex) {
    say(state.prefix + 'invalid regular expression\n');
    return 2;
  }
  if (!regex.find(text, 0)) {
    setArray('BASH_REMATCH', []);
    return 1;
  }
  const found = [text.substring(regex.start, regex.end)];
  for (let i = 1; i <= regex.groups; i++) found.push(regex.groupStart(text, i) < 0 ? '' : regex.groupText(text, i));
  setArray('BASH_REMATCH', found);
  return 0;
}
