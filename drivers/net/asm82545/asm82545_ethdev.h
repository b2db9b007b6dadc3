/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_ETHDEV_H
#define ASM82545_ETHDEV_H

/* What the control path shares: needs the driver SDK's headers. */

#include <pthread.h>
#include <stdio.h>

#include <bus_pci_driver.h>
#include <ethdev_driver.h>
#include "asm82545.h"
#include "asm82545_compat.h"
#include "asm82545_log.h"

#define ASM82545_DEVARG_INTR_US  "intr_us"
#define ASM82545_DEVARG_RX_FIFO  "rx_fifo_kb"

#define ASM82545_NB_SW_COUNTERS  7

/* Of this version of the driver. */
#define ASM82545_MAGIC (0x8254500000000ULL + sizeof(struct asm82545_adapter))

/*
 * Between the primary process, which starts and stops a queue, and a secondary
 * one, which may be polling it: see asm82545_secondary.c.
 */
struct asm82545_gate {
	volatile bool open;   /* written by the primary */
	volatile bool inside; /* written by the secondary that polls */
};

/* A port: in memory that all processes share. */
struct asm82545_adapter {
	/*
	 * For secondary processes. net_e1000_em does not look whose port it takes
	 * there: where it has the address of its registers, it finds none.
	 */
	uint64_t magic;       /* ASM82545_MAGIC */
	uint64_t no_address;  /* 0 */

	struct asm82545_hw hw;
	struct rte_pci_ioport ioport; /* behind hw.io */
	bool has_ioport;
	bool running;         /* from the end of a start to a stop */

	/* What a restart keeps. */
	struct asm82545_filters filters;
	struct asm82545_fc_conf fc;
	uint16_t tpid;        /* EtherType of VLAN tags */
	uint16_t itr;         /* least time between interrupts, of 256 ns */
	uint32_t ledctl;      /* as the EEPROM has it */
	bool link_off;        /* rte_eth_dev_set_link_down() */

	/* Interrupts and the watch, see asm82545_intr.c. */
	bool intr_on;
	int wake_fd;          /* the write end of the queue's pipe, or -1 */
	uint8_t wake_len;     /* bytes of one wake-up */
	uint32_t watch_tdh;   /* at the last tick */
	uint32_t watch_ticks; /* without progress */
	uint64_t nb_tx_stuck;

	pthread_mutex_t stats_lock; /* a read of the registers clears them */
	struct asm82545_stats stats;
	uint64_t sw_base[ASM82545_NB_SW_COUNTERS]; /* at the last reset */

	struct asm82545_gate rx_gate;
	struct asm82545_gate tx_gate;

	/* They stay where they are, whoever still has their address. */
	struct asm82545_rxq rxq;
	struct asm82545_txq txq;
};

static inline struct asm82545_adapter *
asm82545_adapter(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

static inline struct asm82545_hw *
asm82545_hw(const struct rte_eth_dev *dev)
{
	return &asm82545_adapter(dev)->hw;
}

/* The ethdev ops below return what rte_ethdev.h says of their callers. */

/* asm82545_ethdev.c */
int asm82545_dev_close(struct rte_eth_dev *dev);
int asm82545_dev_is_removed(struct rte_eth_dev *dev);

/* asm82545_secondary.c */
int asm82545_secondary_init(struct rte_eth_dev *dev);
void asm82545_gate_open(struct asm82545_gate *gate);
void asm82545_gate_shut(struct asm82545_gate *gate, const char *queue, uint16_t port_id);

/* asm82545_devargs.c */
int asm82545_devargs_parse(struct asm82545_adapter *a, const struct rte_devargs *args);

/* asm82545_queue.c */
int asm82545_rxq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_rxconf *conf,
		struct rte_mempool *pool);
int asm82545_txq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_txconf *conf);
void asm82545_rxq_release(struct rte_eth_dev *dev, uint16_t id);
void asm82545_txq_release(struct rte_eth_dev *dev, uint16_t id);
void asm82545_rxq_info_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_rxq_info *info);
void asm82545_txq_info_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_txq_info *info);
eth_rx_burst_t asm82545_rx_burst(const struct rte_eth_dev *dev);
eth_tx_burst_t asm82545_tx_burst(const struct rte_eth_dev *dev);
void asm82545_select_bursts(struct rte_eth_dev *dev);
void asm82545_rx_configure(struct rte_eth_dev *dev);
bool asm82545_needs_scatter(const struct rte_eth_dev *dev, uint16_t mtu);
asm82545_queue_count_t asm82545_rx_queue_count(void *rxq);
int asm82545_rx_descriptor_status(void *rxq, uint16_t offset);
int asm82545_tx_descriptor_status(void *txq, uint16_t offset);
int asm82545_tx_done_cleanup(void *txq, uint32_t nb_pkts);
int asm82545_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_burst_mode *mode);
int asm82545_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_burst_mode *mode);

/* asm82545_ethdev_filter.c */
void asm82545_update_rctl(struct rte_eth_dev *dev);
void asm82545_enable_rx(struct rte_eth_dev *dev);
int asm82545_dev_promiscuous_enable(struct rte_eth_dev *dev);
int asm82545_dev_promiscuous_disable(struct rte_eth_dev *dev);
int asm82545_dev_allmulticast_enable(struct rte_eth_dev *dev);
int asm82545_dev_allmulticast_disable(struct rte_eth_dev *dev);
int asm82545_dev_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *addr);
int asm82545_dev_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *addr,
		uint32_t index, uint32_t pool);
void asm82545_dev_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index);
int asm82545_dev_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addrs,
		uint32_t nb);
int asm82545_dev_vlan_filter_set(struct rte_eth_dev *dev, uint16_t vid, int on);
int asm82545_dev_vlan_tpid_set(struct rte_eth_dev *dev, enum rte_vlan_type type,
		uint16_t tpid);
int asm82545_dev_vlan_offload_set(struct rte_eth_dev *dev, int mask);
bool asm82545_uses_vlan(const struct rte_eth_dev *dev);

/* asm82545_ethdev_link.c */
uint32_t asm82545_speed_capa(const struct asm82545_hw *hw);
int asm82545_link_conf_get(const struct rte_eth_dev *dev, struct asm82545_link_conf *conf);
int asm82545_dev_link_update(struct rte_eth_dev *dev, int wait_to_complete);
int asm82545_dev_set_link_up(struct rte_eth_dev *dev);
int asm82545_dev_set_link_down(struct rte_eth_dev *dev);
void asm82545_fc_default(struct asm82545_adapter *a);
int asm82545_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf);
int asm82545_flow_ctrl_set(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf);

/* asm82545_ethdev_stats.c */
int asm82545_dev_stats_init(struct rte_eth_dev *dev);
void asm82545_dev_stats_update(struct rte_eth_dev *dev);
void asm82545_dev_stats_before_reset(struct rte_eth_dev *dev);
void asm82545_dev_stats_after_reset(struct rte_eth_dev *dev);
int asm82545_dev_stats_get(ASM82545_STATS_GET_ARGS);
int asm82545_dev_stats_reset(struct rte_eth_dev *dev);
int asm82545_dev_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats,
		unsigned int nb);
int asm82545_dev_xstats_get_names(struct rte_eth_dev *dev,
		struct rte_eth_xstat_name *names, unsigned int nb);

/* asm82545_ethdev_info.c */
int asm82545_dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info);
int asm82545_fw_version_get(struct rte_eth_dev *dev, char *version, size_t len);
int asm82545_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info);
int asm82545_get_eeprom_length(struct rte_eth_dev *dev);
int asm82545_get_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info);
int asm82545_set_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info);
int asm82545_dev_led_on(struct rte_eth_dev *dev);
int asm82545_dev_led_off(struct rte_eth_dev *dev);
int asm82545_priv_dump(struct rte_eth_dev *dev, FILE *file);

/* asm82545_intr.c */
int asm82545_intr_start(struct rte_eth_dev *dev);
void asm82545_intr_stop(struct rte_eth_dev *dev);
int asm82545_rx_intr_enable(struct rte_eth_dev *dev, uint16_t id);
int asm82545_rx_intr_disable(struct rte_eth_dev *dev, uint16_t id);

#endif /* ASM82545_ETHDEV_H */
