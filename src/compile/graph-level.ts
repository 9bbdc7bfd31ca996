// How far the runtime may rewrite a program: its fusions keep the factors of matrix products in single precision.

/** Programs with double precision at their door do without fusions, which would cost them half of their digits. */
export const graphLevelFor = (values: readonly { readonly dtype: string }[]): 'basic' | 'all' =>
  values.some(({ dtype }) => dtype === 'float64') ? 'basic' : 'all';
