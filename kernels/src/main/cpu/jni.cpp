// SPDX-License-Identifier: Apache-2.0
// The door for dev.highbeam.runtime.backend.cpu.TileKernels; the only file that knows Java. Addresses are longs. What stays the same from step
// to step of an op is kept in a call that is made once.
#include <jni.h>

#include <memory>

#include "highbeam_cpu.h"

namespace {

using highbeam::AttentionCall;
using highbeam::Epilogue;
using highbeam::LayerCache;
using highbeam::Layout;
using highbeam::LinearCall;
using highbeam::Matrix;
using highbeam::RopeTable;
using highbeam::StepArrays;

template <typename T>
T* at(jlong address) {
  return reinterpret_cast<T*>(address);
}

template <typename T>
jlong address_of(T* pointer) {
  return reinterpret_cast<jlong>(pointer);
}

struct RopeCall {
  uint16_t* qkv;
  int query_heads;
  RopeTable rope;
  LayerCache cache;
  const StepArrays* step;
};

}  // namespace

#define HIGHBEAM(type, name) extern "C" JNIEXPORT type JNICALL Java_dev_highbeam_runtime_backend_cpu_TileKernels_##name

HIGHBEAM(jboolean, isSupported)(JNIEnv*, jclass) { return highbeam::is_supported(); }

HIGHBEAM(jlong, allocate)(JNIEnv*, jclass, jlong bytes) { return address_of(highbeam::allocate(static_cast<size_t>(bytes))); }

HIGHBEAM(void, release)(JNIEnv*, jclass, jlong memory, jlong bytes) {
  highbeam::release(at<void>(memory), static_cast<size_t>(bytes));
}

HIGHBEAM(jobject, buffer)(JNIEnv* env, jclass, jlong memory, jlong bytes) { return env->NewDirectByteBuffer(at<void>(memory), bytes); }

HIGHBEAM(jlong, linearScratchBytes)(JNIEnv*, jclass) { return static_cast<jlong>(highbeam::linear_scratch_bytes()); }

HIGHBEAM(jlong, attentionScratchBytes)(JNIEnv*, jclass, jint head_dim) {
  return static_cast<jlong>(highbeam::attention_scratch_bytes(head_dim));
}

HIGHBEAM(void, packBf16Half)(JNIEnv* env, jclass, jobject rows, jint width, jlong half) {
  highbeam::pack_bf16_half(static_cast<uint16_t*>(env->GetDirectBufferAddress(rows)), width, at<char>(half));
}

HIGHBEAM(jlong, packInt8ScratchBytes)(JNIEnv*, jclass, jint width) {
  return static_cast<jlong>(highbeam::pack_int8_scratch_bytes(width));
}

HIGHBEAM(void, packInt8Half)(JNIEnv* env, jclass, jobject rows, jint width, jlong half, jlong scales, jlong scratch) {
  highbeam::pack_int8_half(static_cast<uint16_t*>(env->GetDirectBufferAddress(rows)), width, at<char>(half), at<float>(scales),
                           at<char>(scratch));
}

HIGHBEAM(jlong, newMatrix)(JNIEnv*, jclass, jlong data, jint layout, jint width, jint tile_stride) {
  return address_of(new Matrix{at<void>(data), static_cast<Layout>(layout), width, tile_stride});
}

HIGHBEAM(void, freeMatrix)(JNIEnv*, jclass, jlong matrix) { delete at<Matrix>(matrix); }

HIGHBEAM(jlong, newLinear)
(JNIEnv*, jclass, jboolean is_int8, jlong left, jint left_stride, jlong left_scales, jlong right, jlong right_scales, jlong bias, jint steps, jint epilogue,
 jlong out) {
  return address_of(new LinearCall{is_int8 == JNI_TRUE, at<char>(left), left_stride, at<float>(left_scales), at<char>(right), at<float>(right_scales),
                                   at<float>(bias), 0, steps, static_cast<Epilogue>(epilogue), *at<Matrix>(out)});
}

HIGHBEAM(void, freeLinear)(JNIEnv*, jclass, jlong call) { delete at<LinearCall>(call); }

HIGHBEAM(void, linear)(JNIEnv*, jclass, jlong call, jint rows, jint begin, jint end, jlong scratch) {
  LinearCall now = *at<LinearCall>(call);
  now.rows = rows;
  highbeam::linear(now, begin, end, at<void>(scratch));
}

HIGHBEAM(void, quantizeRows)(JNIEnv*, jclass, jlong in, jint begin, jint end, jlong out, jint out_stride, jlong scales) {
  highbeam::quantize_rows(*at<Matrix>(in), begin, end, at<char>(out), out_stride, at<float>(scales));
}

HIGHBEAM(void, rmsNorm)(JNIEnv*, jclass, jlong in, jlong weight, jfloat epsilon, jint begin, jint end, jlong out) {
  highbeam::rms_norm(*at<Matrix>(in), at<float>(weight), epsilon, begin, end, *at<Matrix>(out));
}

HIGHBEAM(void, embed)(JNIEnv*, jclass, jlong table, jlong ids, jfloat scale, jint begin, jint end, jlong out) {
  highbeam::embed(at<uint16_t>(table), at<int32_t>(ids), scale, begin, end, *at<Matrix>(out));
}

HIGHBEAM(void, gather)(JNIEnv*, jclass, jlong in, jlong rows, jint begin, jint end, jlong out) {
  highbeam::gather(*at<Matrix>(in), at<int32_t>(rows), begin, end, *at<Matrix>(out));
}

HIGHBEAM(jlong, newStep)
(JNIEnv*, jclass, jlong positions, jlong slots, jlong query_indptr, jlong page_indptr, jlong page_indices, jlong last_page_length) {
  return address_of(new StepArrays{at<int32_t>(positions), at<int32_t>(slots), at<int32_t>(query_indptr), at<int32_t>(page_indptr),
                                   at<int32_t>(page_indices), at<int32_t>(last_page_length)});
}

HIGHBEAM(void, freeStep)(JNIEnv*, jclass, jlong step) { delete at<StepArrays>(step); }

HIGHBEAM(jlong, newCache)(JNIEnv*, jclass, jlong keys, jlong values, jint kv_heads, jint head_dim, jint page_size) {
  return address_of(new LayerCache{at<char>(keys), at<char>(values), kv_heads, head_dim, page_size});
}

HIGHBEAM(void, freeCache)(JNIEnv*, jclass, jlong cache) { delete at<LayerCache>(cache); }

HIGHBEAM(jlong, newRope)
(JNIEnv*, jclass, jlong qkv, jint query_heads, jlong cosines, jlong sines, jint pairs, jlong cache, jlong step) {
  return address_of(
      new RopeCall{at<uint16_t>(qkv), query_heads, {at<float>(cosines), at<float>(sines), pairs}, *at<LayerCache>(cache), at<StepArrays>(step)});
}

HIGHBEAM(void, freeRope)(JNIEnv*, jclass, jlong call) { delete at<RopeCall>(call); }

HIGHBEAM(void, ropeAppend)(JNIEnv*, jclass, jlong call, jint begin, jint end) {
  const RopeCall* rope = at<RopeCall>(call);
  highbeam::rope_append(rope->qkv, rope->query_heads, rope->rope, rope->cache, *rope->step, begin, end);
}

HIGHBEAM(jlong, newAttention)
(JNIEnv*, jclass, jlong qkv, jint query_heads, jint window, jfloat scale, jfloat soft_cap, jlong sinks, jlong cache, jlong step, jlong blocks,
 jlong out) {
  return address_of(new AttentionCall{at<uint16_t>(qkv), query_heads, window, scale, soft_cap, at<float>(sinks), *at<LayerCache>(cache),
                                      *at<StepArrays>(step), at<int32_t>(blocks), *at<Matrix>(out)});
}

HIGHBEAM(void, freeAttention)(JNIEnv*, jclass, jlong call) { delete at<AttentionCall>(call); }

HIGHBEAM(void, attention)(JNIEnv*, jclass, jlong call, jint begin, jint end, jlong scratch) {
  highbeam::attention(*at<AttentionCall>(call), begin, end, at<void>(scratch));
}

HIGHBEAM(jfloat, read)(JNIEnv*, jclass, jlong address) { return *at<float>(address); }

HIGHBEAM(void, scanRow)(JNIEnv*, jclass, jlong logits, jint count, jlong scan) {
  highbeam::scan_row(at<float>(logits), count, at<highbeam::RowScan>(scan));
}

HIGHBEAM(jint, draw)
(JNIEnv*, jclass, jlong logits, jint count, jfloat greatest, jfloat temperature, jlong least, jlong bits) {
  return highbeam::draw(at<float>(logits), count, greatest, temperature, least, static_cast<uint64_t>(bits));
}
