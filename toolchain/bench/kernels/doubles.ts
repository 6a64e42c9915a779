// SPDX-License-Identifier: MIT
/** Doubles: product of 96 x 96 matrices, and steps of a gravitational simulation of five bodies. */
const N: usize = 96;
const a: usize = memory.data(96 * 96 * 8, 16);
const b: usize = memory.data(96 * 96 * 8, 16);
const c: usize = memory.data(96 * 96 * 8, 16);
/** Five bodies of seven doubles: position, velocity, mass. */
const bodies: usize = memory.data(5 * 56, 16);

function fill(): void {
  let x: u32 = 3;
  for (let i: usize = 0; i < N * N; i++) {
    x = x * 1664525 + 1013904223;
    store<f64>(a + 8 * i, ((x >> 8) as f64) * 1e-6);
    x = x * 1664525 + 1013904223;
    store<f64>(b + 8 * i, ((x >> 8) as f64) * 1e-6);
  }
  for (let i: usize = 0; i < 35; i++) {
    x = x * 1664525 + 1013904223;
    store<f64>(bodies + 8 * i, ((x >> 8) as f64) * 1e-7 + 0.5);
  }
}

function multiply(): void {
  for (let i: usize = 0; i < N; i++) {
    for (let j: usize = 0; j < N; j++) {
      let sum: f64 = 0;
      for (let k: usize = 0; k < N; k++) sum += load<f64>(a + ((i * N + k) << 3)) * load<f64>(b + ((k * N + j) << 3));
      store<f64>(c + ((i * N + j) << 3), sum);
    }
  }
}

function advance(dt: f64): void {
  for (let p = bodies; p < bodies + 280; p += 56) {
    for (let q = p + 56; q < bodies + 280; q += 56) {
      const dx = load<f64>(p) - load<f64>(q);
      const dy = load<f64>(p, 8) - load<f64>(q, 8);
      const dz = load<f64>(p, 16) - load<f64>(q, 16);
      const square = dx * dx + dy * dy + dz * dz + 0.01;
      const magnitude = dt / (square * sqrt<f64>(square));
      const mp = load<f64>(p, 48) * magnitude;
      const mq = load<f64>(q, 48) * magnitude;
      store<f64>(p, load<f64>(p, 24) - dx * mq, 24);
      store<f64>(p, load<f64>(p, 32) - dy * mq, 32);
      store<f64>(p, load<f64>(p, 40) - dz * mq, 40);
      store<f64>(q, load<f64>(q, 24) + dx * mp, 24);
      store<f64>(q, load<f64>(q, 32) + dy * mp, 32);
      store<f64>(q, load<f64>(q, 40) + dz * mp, 40);
    }
  }
  for (let p = bodies; p < bodies + 280; p += 56) {
    store<f64>(p, load<f64>(p) + dt * load<f64>(p, 24));
    store<f64>(p, load<f64>(p, 8) + dt * load<f64>(p, 32), 8);
    store<f64>(p, load<f64>(p, 16) + dt * load<f64>(p, 40), 16);
  }
}

export function run(): u64 {
  fill();
  for (let i = 0; i < 4; i++) multiply();
  for (let i = 0; i < 60000; i++) advance(0.001);
  let sum: u64 = 0;
  for (let i: usize = 0; i < N * N; i++) sum = sum * 31 + load<u64>(c + 8 * i);
  for (let i: usize = 0; i < 35; i++) sum = sum * 31 + load<u64>(bodies + 8 * i);
  return sum;
}
