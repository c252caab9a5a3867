import type { Racing } from '../contestants.ts';
import type { Notes } from '../notes.ts';

/** One race on a contestant that runs. Raises TooLate where a limit is passed; what it has noted by then counts. */
export type Race = (running: Racing, notes: Notes) => Promise<void>;
