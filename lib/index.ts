// The public API.

export type {
  BufferObjectHandle,
  BufferObjectOptions,
  BufferObjectStats,
  CpuAccessOptions,
} from './buffer-object.ts'
export { BufferObject, CpuAccess } from './buffer-object.ts'
export type {
  ChecksumCommand,
  Command,
  CopyCommand,
  DiscardCommand,
  DownsampleCommand,
  FillCommand,
  FillTrianglesCommand,
  ScaleAddCommand,
  TransformCommand,
} from './commands.ts'
export type {
  DeviceBufferObjectOptions,
  EmulatedDeviceOptions,
  EmulatedDeviceStats,
} from './device.ts'
export { EmulatedDevice } from './device.ts'
export type { MkwriteErrorCode } from './errors.ts'
export { MkwriteError } from './errors.ts'
export type {
  ChannelMessages,
  CollectMessage,
  FaultMessage,
  FlushMessage,
  ReadBackMessage,
  SubmitMessage,
  SubmittedBuffer,
  TimedMessage,
} from './events.ts'
export type { Fence, FenceState } from './fence.ts'
export type { PerformanceTrace } from './performance.ts'
export { tracePerformance } from './performance.ts'
export type { Mechanism, Policy } from './policy.ts'
export { mechanisms, policies } from './policy.ts'
export type { MechanismAvailability, ProbeResult } from './probe.ts'
export { probe } from './probe.ts'
export type { Resource, ResourceOptions } from './resource.ts'
export type {
  Subresource,
  SubresourceIndex,
  Surface,
  SurfaceDescription,
  SurfaceFormat,
  SurfaceOptions,
} from './surface.ts'
export { SurfaceLayout, surfaceFormats } from './surface.ts'
export type { ImageTarget, Target } from './target.ts'
export type { PageRange, RegionExplanation, TrackerStats, TrackOptions } from './tracker.ts'
export { DirtyTracker } from './tracker.ts'
export type { Range } from './validate.ts'
export type { MapOptions } from './view.ts'
export { View } from './view.ts'
