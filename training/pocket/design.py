"""What the denoiser is built of, and how pictures are noised."""

SHAPE = {  # counted: 11.0 M parameters, 0.30 GFLOP forward: most parameters where pictures are 4 and 2 wide
    "sample_size": 16,
    "in_channels": 8,
    "out_channels": 8,
    "block_out_channels": (32, 64, 128, 192),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "cross_attention_dim": 384,
    "attention_head_dim": 4,
    "norm_num_groups": 16,
    "time_embedding_dim": 512,  # the words, pooled, join the time and so reach every block: names are learned sooner
    "addition_embed_type": "text",
    "addition_embed_type_num_heads": 8,
    "resnet_time_scale_shift": "scale_shift",
}
# Warm starts from the one above (growth.py): samples a second of one core with avx512_bf16, measured in batches of
# 32 on 29 November 2026: 96 (11.0 M parameters), 65 (11.4 M), 43 (14.0 M) and 37 (20.6 M, 41 MB in float16).
_DOWN = ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D")
_UP = ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D")
SHAPES = {
    "first": SHAPE,
    "words": {**SHAPE, "down_block_types": _DOWN, "up_block_types": _UP},  # words enter where pictures are 8 wide, too
    "reader": {**SHAPE, "down_block_types": _DOWN, "up_block_types": _UP, "transformer_layers_per_block": 2},
    "deep": {**SHAPE, "down_block_types": _DOWN, "up_block_types": _UP, "layers_per_block": (2, 2, 2, 1)},
    "deeper": {
        **SHAPE,
        "down_block_types": (*_DOWN[:3], "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", *_UP[1:]),
        "layers_per_block": (2, 2, 2, 2),
    },
}
NOISE = {  # the pipeline's scheduler has the same
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
}
