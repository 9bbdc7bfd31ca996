// Operator fusion: activations first, as they may end in what products then take up.
import { activationFusions } from './fuse-activations.js';
import { layerNorm } from './fuse-layer-norm.js';
import { productFusions } from './fuse-products.js';
import { rewritePass } from './pass.js';

export const fusions = rewritePass('operator fusion', [...activationFusions, layerNorm, ...productFusions]);
