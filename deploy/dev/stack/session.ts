import { allOrAbort } from '../all-or-abort.ts';
import { isAlive } from '../process-identity.ts';
import type { Progress } from '../progress.ts';
import { join } from 'node:path';
import { PARTS } from './parts.ts';
import { untilFree } from './ports.ts';
import { startProcess, stopProcess } from './processes.ts';
import { waitUntilReady } from './ready.ts';
import { type PartName, type StackProcess, type StackState, writeState } from './state.ts';

const ALREADY_UP_MS = 20_000;
const START_MS = 180_000;
const USUALLY: Readonly<Partial<Record<PartName, string>>> = {
  'kube-apiserver': '5–15 s',
  temporal: '2–6 s',
};

/** One piece of work on a stack, under its lock: it starts parts, records them, and can take back what it started. */
export class Session {
  readonly dir: string;
  readonly state: StackState;
  private readonly progress: Progress;
  private readonly started = new Map<PartName, StackProcess>();
  private writing: Promise<void> = Promise.resolve();

  constructor(dir: string, state: StackState, progress: Progress) {
    this.dir = dir;
    this.state = state;
    this.progress = progress;
  }

  /** Brings all these parts up, each as soon as those it needs are ready; what runs and answers is left alone. */
  async bringUp(names: readonly PartName[], outer: AbortSignal): Promise<void> {
    // PART_NAMES lists what is needed before what needs it, so the promise looked up is there already.
    const up = new Map<PartName, Promise<void>>();
    await allOrAbort(names, outer, (name, signal) => {
      const needed = PARTS[name].after.map((other) => up.get(other) ?? Promise.resolve());
      const own = Promise.all(needed).then(() => this.ensure(name, signal));
      up.set(name, own);
      return own;
    });
  }

  /** Starts one part and waits until it answers. */
  async launch(name: PartName, signal: AbortSignal): Promise<void> {
    const part = PARTS[name];
    const file = this.state.tools[part.tool];
    if (file === undefined) throw new Error(`the program for ${name} is not known yet`);
    signal.throwIfAborted();
    this.progress.step(name, 'starting', USUALLY[name]);
    const log = join(this.dir, 'logs', `${name}.log`);
    for (const portName of part.ports) {
      const port = this.state.ports[portName];
      if (port !== undefined) await untilFree(port);
    }
    const args = part.args(this.dir, this.state);
    const process = await startProcess({ file, args, cwd: this.dir, log });
    this.started.set(name, process);
    this.state.processes[name] = process;
    await this.save();
    await waitUntilReady({ name, dir: this.dir, state: this.state, process }, START_MS, signal);
    this.progress.done(name, 'ready');
  }

  /** Ends one part, if it runs. */
  async stop(name: PartName): Promise<void> {
    const process = this.state.processes[name];
    if (process === undefined) return;
    await stopProcess(process);
    this.started.delete(name);
    Reflect.deleteProperty(this.state.processes, name);
    await this.save();
  }

  /** Ends what this session started, for a start that failed or was interrupted. */
  async takeBack(): Promise<void> {
    await Promise.all([...this.started.keys()].map((name) => this.stop(name)));
  }

  /** Writes the state down; writes are queued, or an older one could come last. */
  async save(): Promise<void> {
    this.writing = this.writing.then(() => writeState(this.dir, this.state));
    await this.writing;
  }

  private async ensure(name: PartName, signal: AbortSignal): Promise<void> {
    const process = this.state.processes[name];
    if (process !== undefined && (await isAlive(process))) {
      try {
        const target = { name, dir: this.dir, state: this.state, process };
        await waitUntilReady(target, ALREADY_UP_MS, signal);
        return;
      } catch {
        signal.throwIfAborted();
        this.progress.note(name, 'runs but does not answer; restarting it');
        await this.stop(name);
      }
    }
    await this.launch(name, signal);
  }
}
