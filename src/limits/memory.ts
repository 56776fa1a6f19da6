/** The bounds of what keeps the memory for clients within its budget: a part of `limits.ts`, which is what others import. */

/** The budget, unless the configuration says otherwise. */
export const clientMemoryBytesMaxDefault = 1_024 * 1_048_576;

/** The smallest budget that may be set: a few clients may each have what one client may. */
export const clientMemoryBytesMin = 16 * 1_048_576;

/** How often the memory that is held for clients is added up; earlier, when it may have been used up meanwhile. */
export const memoryLookIntervalMs = 1_000;

/** Holders that are looked at in one go: some milliseconds when all of them hold something. */
export const memoryLookSlice = 2_500;

/** Holders that are shed in one go: each end of a connection ends all its calls. */
export const shedsPerLookMax = 100;

/** Once the budget is exceeded, holders are shed down to this part of it. */
export const memoryTargetRatio = 0.9;

/** What clients may be given between two looks even when the budget is used up, as a part of it. */
export const memoryBurstRatio = 1 / 64;

/** What has waited for a client for less than this many bytes does not make it one that does not read. */
export const memoryWaitingBytesMin = 16_384;
