/** TensorFlow.js as far as face-api's networks use it: the core and its method chaining. See faceAliases. */
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';

export * from '@tensorflow/tfjs-core';
