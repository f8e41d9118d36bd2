import type { DescriptorManifest, NetworkManifest } from '#contracts/descriptors.ts';
import { type FaceAsset, modelAssets, type PhoneModel, wasmAssets } from './assets.ts';
import { hasSimd } from './simd.ts';

/** A network that is not of face-api, and where its file is. */
export interface RemoteNetwork {
  manifest: NetworkManifest;
  url: string;
}

/** In which spaces a selfie is to be described, as the server says for an event. */
export interface WantedSpaces {
  spaces: readonly DescriptorManifest[];
  /** What `spaces` need beside face-api's own network. */
  networks: readonly RemoteNetwork[];
}

/** Which of the two WebAssembly files of the numeric library this device takes. */
export const tfjsWasm = (): FaceAsset => (hasSimd() ? wasmAssets.simd : wasmAssets.plain);

const networkIds = (space: DescriptorManifest): string[] =>
  space.kind === 'network' ? [space.id] : space.parts.map(({ id }) => id);

/** face-api's descriptor network (4 MB) only where it is asked for. */
export function phoneModelsFor(spaces: readonly DescriptorManifest[]): PhoneModel[] {
  const isWanted = spaces.some((space) => networkIds(space).some((id) => id.startsWith('faceapi-')));
  return isWanted ? ['tiny', 'landmarks', 'recognition'] : ['tiny', 'landmarks'];
}

/** About how many bytes travel before the first selfie. */
export function downloadBytes({ spaces, networks }: WantedSpaces): number {
  const assets = [...phoneModelsFor(spaces).map((name) => modelAssets[name]), tfjsWasm()];
  if (networks.length > 0) assets.push(wasmAssets.onnx);
  const own = assets.reduce((sum, asset) => sum + asset.packedBytes, 0);
  return networks.reduce((sum, { manifest }) => sum + manifest.file.bytes, own);
}
