// SPDX-License-Identifier: MIT
/* Walks a shuffled linked list of 100,000 nodes a round: every load waits for the one before. */
#include "../bench.h"

struct node {
  struct node *next;
  uint32_t value;
};

uint64_t run_list(uint32_t rounds) {
  const uint32_t count = 100000;
  struct node *const nodes = (struct node *)arena;
  uint32_t *const order = (uint32_t *)(arena + ARENA_SIZE / 2);
  uint64_t random = 7, sum = 0;
  for (uint32_t i = 0; i < count; i++) order[i] = i;
  for (uint32_t i = count - 1; i > 0; i--) {
    const uint32_t j = (uint32_t)(next_random(&random) >> 32) % (i + 1), t = order[i];
    order[i] = order[j], order[j] = t;
  }
  for (uint32_t i = 0; i < count; i++) {
    nodes[order[i]].next = i + 1 < count ? &nodes[order[i + 1]] : 0;
    nodes[order[i]].value = i;
  }
  while (rounds--)
    for (const struct node *n = &nodes[order[0]]; n; n = n->next) sum += n->value ^ rounds;
  return sum;
}
