import { CROWD_STRIDES } from '../../decoders.ts';
import { OnnxGraph } from './graph.ts';

/**
 * The crowd detector's file for uint8 pictures [1,H,W,3] of any size that its strides divide; the file itself is fixed to one size. Three
 * maps for each stride: probabilities of the anchors, boxes, and five points that nothing here reads.
 */
export function crowdNet(file: Uint8Array): Uint8Array {
  const graph = new OnnxGraph('crowd');
  const floats = graph.node('Cast', [graph.input('input', [1, 'H', 'W', 3])], { to: 1 });
  graph.node('Transpose', [floats], { perm: [0, 3, 1, 2] }, { result: 'data' });
  graph.graft(file);
  for (const stride of CROWD_STRIDES) {
    graph.output(`face_rpn_cls_prob_reshape_stride${stride}`, [1, 4, `h${stride}`, `w${stride}`]);
    graph.output(`face_rpn_bbox_pred_stride${stride}`, [1, 8, `h${stride}`, `w${stride}`]);
  }
  return graph.serialize();
}
