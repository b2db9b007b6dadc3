/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <rte_common.h>
#include <rte_cpuflags.h>

#include "asm82545.h"
#include "rig_paths.h"

/* Those of AVX2 are last: not every machine has it. */
const struct rig_rx_path rig_rx_paths[] = {
	{ "plain", asm82545_recv_pkts, false, false },
	{ "scattered", asm82545_recv_scattered_pkts, true, false },
	{ "offload", asm82545_recv_offload_pkts, false, true },
	{ "scattered offload", asm82545_recv_scattered_offload_pkts, true, true },
#ifdef RTE_ARCH_X86
	{ "SSE", asm82545_recv_pkts_sse, false, false },
	{ "AVX2", asm82545_recv_pkts_avx2, false, false },
#endif
};

const struct rig_tx_path rig_tx_paths[] = {
	{ "plain", asm82545_xmit_pkts, false },
	{ "offload", asm82545_xmit_offload_pkts, true },
#ifdef RTE_ARCH_X86
	{ "SSE", asm82545_xmit_pkts_sse, false },
	{ "AVX2", asm82545_xmit_pkts_avx2, false },
#endif
};

static bool
lacks_avx2(void)
{
#ifdef RTE_ARCH_X86
	return rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) != 1;
#else
	return false;
#endif
}

uint32_t
rig_nb_rx_paths(void)
{
	return RTE_DIM(rig_rx_paths) - lacks_avx2();
}

uint32_t
rig_nb_tx_paths(void)
{
	return RTE_DIM(rig_tx_paths) - lacks_avx2();
}

const struct rig_rx_path *
rig_rx_path_scattered(void)
{
	return &rig_rx_paths[1];
}
