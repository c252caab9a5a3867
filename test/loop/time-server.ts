import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import {
  InternalConnectionOptionsSymbol,
  type InternalConnectionOptions,
} from '@temporalio/client/lib/connection.js';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { freePort } from '../../deploy/dev/stack/ports.ts';
import { SEARCH_ATTRIBUTES } from '../../deploy/dev/stack/parts.ts';
import { minimalEnvironment } from '../../deploy/dev/toolchain/environment.ts';
import { resolveJars } from '../../deploy/dev/toolchain/jars.ts';
import { resolveJava } from '../../deploy/dev/toolchain/java.ts';

/** Temporal's test server, whose clock jumps to the next timer while nothing else is under way. */
export interface TimeServer {
  readonly address: string;
  readonly client: Client;
  /** The server's time in milliseconds of the epoch. */
  now(): Promise<number>;
  /** Lets time pass till then, in milliseconds of the epoch; at all other times it passes as it does on the wall. */
  passUntil(end: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server with the project's search attributes; its data are in memory and end with it. */
export async function startTimeServer(): Promise<TimeServer> {
  const [java, jars, port] = await Promise.all([
    resolveJava(),
    resolveJars('temporal-test-server'),
    freePort(),
  ]);
  const options = ['-XX:+UseSerialGC', '-Xmx1g', '-cp', jars.join(delimiter)];
  const child = spawn(java, [...options, 'io.temporal.testserver.TestServer', `${port}`], {
    env: minimalEnvironment(),
    stdio: 'ignore',
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const address = `127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  try {
    return await connect(address, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function connect(address: string, stop: () => Promise<void>): Promise<TimeServer> {
  const connection = await Connection.connect({
    address,
    connectTimeout: '60s',
    // The server takes pings for an attack that come more often than every five minutes.
    channelArgs: { 'grpc.keepalive_time_ms': longest },
    // A passage of time that is asked for again would be another one.
    interceptors: [],
    [InternalConnectionOptionsSymbol]: { supportsTestService: true },
  } as InternalConnectionOptions);
  const clock = connection.testService;
  if (!clock) throw new Error('the connection does not reach the clock of the test server');
  const keyword = 2;
  await connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, keyword])),
  });
  const now = async (): Promise<number> => {
    const { time } = await clock.getCurrentTime({});
    return tsToMs(time);
  };
  return {
    address,
    client: new Client({ connection }),
    now,
    async passUntil(end) {
      for (let left = end - (await now()); left > 0; left = end - (await now())) {
        const ms = Math.min(left, step);
        const duration = msToTs(ms);
        await connection.withDeadline(Date.now() + longest, async () => {
          await clock.unlockTimeSkippingWithSleep({ duration });
        });
      }
    },
    async stop() {
      await connection.close();
      await stop();
    },
  };
}

/** How much time passes in one call, and how long that may take on the wall; in milliseconds. */
const step = 12 * 3_600_000;
const longest = 10 * 60_000;
