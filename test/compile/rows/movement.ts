// Rows of primitives that move elements.
import { np } from 'galerkin/compile';
import { f32, type Rows, square } from './row.js';

export const movementRows: Rows = {
  transpose: [
    { does: 'then adds', fn: (a, b) => [a.transpose([2, 0, 1]).add(b)], specs: [f32(3, 4, 2), f32(2, 3, 4)] },
  ],
  reshape: [
    {
      does: 'splits and merges',
      fn: a => [a.reshape([2, 3, 10]).transpose([1, 0, 2]).reshape([6, 10])],
      specs: [f32(6, 10)],
    },
    { does: 'cuts unevenly', fn: a => [a.transpose().reshape([4, 15])], specs: [f32(6, 10)] },
    { does: 'makes scalars', fn: a => [a.reshape([])], specs: [f32(1, 1)] },
  ],
  broadcast: [
    { does: 'as a result', fn: a => [np.broadcastTo(a, [3, 4, 5])], specs: [f32(4, 1)] },
    { does: 'of scalars', fn: a => [np.broadcastTo(a, [2, 2])], specs: [f32()] },
  ],
  shrink: [
    { does: 'takes ranges', fn: a => [a.slice([1, 3], [2, 5])], specs: [f32(4, 6)] },
    { does: 'takes single positions of transposes', fn: a => [a.transpose().slice(2)], specs: [f32(4, 6)] },
    { does: 'of repeats', fn: a => [np.broadcastTo(a, [7, 5]).slice([2, 5])], specs: [f32(5)] },
  ],
  pad: [
    {
      does: 'with zeros',
      fn: a => [
        np.pad(a, [
          [1, 2],
          [0, 3],
        ]),
      ],
      specs: [square],
    },
    {
      does: 'of transposes',
      fn: a => [
        np.pad(a.transpose(), [
          [1, 0],
          [2, 0],
        ]),
      ],
      specs: [square],
    },
    {
      does: 'of constants',
      fn: a => [
        np
          .pad(np.ones([2, 2]), [
            [1, 1],
            [1, 1],
          ])
          .add(a),
      ],
      specs: [f32(4, 4)],
    },
  ],
  flip: [{ does: 'two axes', fn: a => [np.flip(a, [0, 1])], specs: [square] }],
  split: [{ does: 'into uneven parts', fn: a => np.split(a, [1, 3], 1), specs: [square] }],
  concatenate: [
    {
      does: 'of different layouts',
      fn: (a, b) => [np.concatenate([a.transpose(), b], 0)],
      specs: [f32(4, 5), f32(2, 4)],
    },
    { does: 'stacks along a new axis', fn: (a, b) => [np.stack([a, b], 1)], specs: [square, square] },
  ],
};
