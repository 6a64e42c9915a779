// SPDX-License-Identifier: MIT
#include <stddef.h>
#include <stdint.h>
struct node {
  struct node *left, *right;
  uint32_t key, priority;
};
#define COUNT 50000u
static struct node pool[COUNT];
static uint32_t used, seed = 1;

static uint32_t random_(void) {
  seed = seed * 1664525 + 1013904223;
  return seed ^ (seed >> 15);
}

static struct node *insert(struct node *at, uint32_t key) {
  if (at == NULL) {
    struct node *made = &pool[used++];
    made->key = key;
    made->priority = random_();
    made->left = NULL;
    made->right = NULL;
    return made;
  }
  if (key < at->key) {
    struct node *left = insert(at->left, key);
    at->left = left;
    if (left->priority > at->priority) {
      at->left = left->right;
      left->right = at;
      return left;
    }
  } else if (key > at->key) {
    struct node *right = insert(at->right, key);
    at->right = right;
    if (right->priority > at->priority) {
      at->right = right->left;
      right->left = at;
      return right;
    }
  }
  return at;
}

static int find(struct node *node, uint32_t key) {
  while (node != NULL) {
    if (node->key == key) return 1;
    node = key < node->key ? node->left : node->right;
  }
  return 0;
}

static uint64_t walk(struct node *at, uint32_t depth) {
  if (at == NULL) return depth;
  return walk(at->left, depth + 1) * 3 + at->key + walk(at->right, depth + 1);
}

uint64_t run(void) {
  used = 0;
  seed = 1;
  struct node *root = NULL;
  for (uint32_t i = 0; i < COUNT; i++) root = insert(root, random_() & 0xfffff);
  uint64_t found = 0;
  for (uint32_t i = 0; i < 4 * COUNT; i++) if (find(root, random_() & 0xfffff)) found++;
  return found * 1000003 + walk(root, 0);
}
