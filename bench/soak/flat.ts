/** How much a series grows from its middle to its end, by the straight line that fits best, as a part of its mean. */
export function growthOf(values: readonly number[]): number {
  const half = values.slice(Math.floor(values.length / 2));
  const mean = half.reduce((sum, value) => sum + value, 0) / half.length;
  const middle = (half.length - 1) / 2;
  const spread = half.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
  if (spread === 0 || mean === 0) return 0;
  const slope = half.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0) / spread;
  return (slope * (half.length - 1)) / mean;
}
