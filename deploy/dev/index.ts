export { killPart, restartPart, type RestartOptions } from './stack/restart.ts';
export { startStack } from './stack/start.ts';
export { stackStatus } from './stack/status.ts';
export { type StopOptions, stopStack } from './stack/stop.ts';
export type {
  PartName,
  PartStatus,
  Stack,
  StackOptions,
  StackProcess,
  StackStatus,
  TemporalOptions,
} from './stack/types.ts';
export { createProgress, type Progress, SILENT } from './progress.ts';
export { resolveTool, resolveTools } from './toolchain/resolve.ts';
export type { ToolName } from './toolchain/tools.ts';
