import { makeTelemetryFilterString, DefaultLogger, Runtime } from '@temporalio/worker';
import { createLog } from '../client/log.ts';
import { bundleWorkflows } from './bundle.ts';
import { createWorker } from './create-worker.ts';
import { readCommandLine } from './command-line.ts';
import { readSettings, WorkerSettings } from './settings.ts';

const commandLine = readCommandLine(process.argv.slice(2), WorkerSettings);
if (commandLine.help !== undefined) {
  process.stdout.write(commandLine.help);
  process.exit();
}
const settings = readSettings({ ...process.env, ...commandLine.settings });
const log = createLog();

Runtime.install({
  logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
    log[level === 'ERROR' ? 'error' : 'warn'](message, { ...meta });
  }),
  telemetryOptions: {
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
  },
});

const assembled = await createWorker(settings, await bundleWorkflows());
log.info('worker runs', { artifactPort: assembled.artifactPort });
await assembled.worker.run();
await assembled.close();
