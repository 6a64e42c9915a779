// SPDX-License-Identifier: MIT
#include <stdint.h>
#include <string.h>
typedef void handler(uint32_t operand);
static uint32_t stack[256];
static uint8_t program[2048];
static uint32_t top;

static void push(uint32_t value) {
  stack[(top & 1020) >> 2] = value;
  top += 4;
}
static uint32_t pop(void) {
  top -= 4;
  return stack[(top & 1020) >> 2];
}
static void constant(uint32_t operand) { push(operand); }
static void add(uint32_t operand) { push(pop() + pop()); }
static void multiply(uint32_t operand) { push(pop() * pop()); }
static void exclusive(uint32_t operand) { push(pop() ^ operand); }
static void rotate(uint32_t operand) {
  uint32_t v = pop(), n = operand & 31;
  push(v << n | v >> (-n & 31));
}
static void duplicate(uint32_t operand) {
  uint32_t value = pop();
  push(value);
  push(value);
}
static handler *volatile const handlers[8] = {constant, add, multiply, exclusive, rotate, duplicate, constant, duplicate};

uint64_t run(void) {
  uint32_t x = 7;
  top = 0;
  memset(stack, 0, sizeof stack);
  for (uint32_t i = 0; i < 1024; i++) {
    x = x * 1664525 + 1013904223;
    program[2 * i] = (x >> 24) & 7;
    program[2 * i + 1] = x >> 16;
  }
  for (int round = 0; round < 600; round++)
    for (uint8_t *at = program; at < program + 2048; at += 2) handlers[at[0]](at[1]);
  uint64_t sum = top;
  for (int i = 0; i < 256; i++) sum = sum * 31 + stack[i];
  return sum;
}
