/** The data of every node: a hundred bytes that are no text, so that nobody can store them as such. */
export const data = Buffer.from(Array.from({ length: 100 }, (_, i) => (i * 151 + 89) % 256));
