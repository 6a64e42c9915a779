// SPDX-License-Identifier: MIT
/* A bytecode interpreter counting Collatz steps: a switch in a loop, indirect jumps that depend on data. */
#include "../bench.h"

enum { PUSH, ADD, MUL, HALVE, IS_ODD, IS_ONE, JUMP_IF, JUMP, DUP, STORE, LOAD, INCREMENT, LESS, STOP };

static uint64_t interpret(const uint8_t *code, uint64_t limit) {
  uint64_t stack[16], slots[4] = {0, 1, 0, limit};
  uint64_t *top = stack;
  for (const uint8_t *pc = code;;) {
    switch (*pc++) {
      case PUSH: *++top = *pc++; break;
      case ADD: top--; top[0] += top[1]; break;
      case MUL: top--; top[0] *= top[1]; break;
      case HALVE: top[0] >>= 1; break;
      case IS_ODD: top[0] &= 1; break;
      case IS_ONE: top[0] = top[0] == 1; break;
      case JUMP_IF: pc = *top-- ? code + *pc : pc + 1; break;
      case JUMP: pc = code + *pc; break;
      case DUP: top[1] = top[0]; top++; break;
      case STORE: slots[*pc++] = *top--; break;
      case LOAD: *++top = slots[*pc++]; break;
      case INCREMENT: slots[*pc++]++; break;
      case LESS: top--; top[0] = top[0] < top[1]; break;
      case STOP: return slots[0];
    }
  }
}

uint64_t run_bytecode(uint32_t rounds) {
  /* slot 0: steps, 1: n, 2: value, 3: limit */
  static const uint8_t code[] = {
    LOAD, 1, STORE, 2,                                /*  0: value = n */
    LOAD, 2, IS_ONE, JUMP_IF, 33,                     /*  4: until value is 1 */
    INCREMENT, 0, LOAD, 2, IS_ODD, JUMP_IF, 23,       /*  9 */
    LOAD, 2, HALVE, STORE, 2, JUMP, 4,                /* 16: even */
    LOAD, 2, PUSH, 3, MUL, PUSH, 1, ADD, JUMP, 43,    /* 23: odd */
    INCREMENT, 1, LOAD, 1, LOAD, 3, LESS, JUMP_IF, 0, /* 33: next n */
    STOP,                                             /* 42 */
    STORE, 2, JUMP, 4,                                /* 43 */
  };
  uint64_t sum = 0;
  while (rounds--) sum = sum * 3 + interpret(code, 10000 + rounds);
  return sum;
}
