/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Interrupts (§13.4.17-21) and, once a second, a look at the port: removal,
 * stuck transmission, link changes where the interrupt does not tell, and the
 * statistics, before a register is full.
 *
 * The chip has one interrupt line. EAL's interrupt thread takes it, reads the
 * causes, and passes reception on through a pipe that the queue's poller
 * sleeps on: so link and receive interrupts work side by side.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_interrupts.h>

#include "asm82545_ethdev.h"

#define WATCH_US      1000000
/* As long as the chip may take with one packet while it is not paused. */
#define STUCK_TICKS   2

#define SUBSYSTEM_VMWARE 0x15AD

#define RX_CAUSES (ASM82545_INT_RXT0 | ASM82545_INT_RXDMT0 | ASM82545_INT_RXO)

static bool
wants_lsc(const struct rte_eth_dev *dev)
{
	return dev->data->dev_conf.intr_conf.lsc != 0;
}

static bool
wants_rxq(const struct rte_eth_dev *dev)
{
	return dev->data->dev_conf.intr_conf.rxq != 0;
}

/* One event for each change, whoever notices it first. */
static void
link_check(struct rte_eth_dev *dev)
{
	if (asm82545_dev_link_update(dev, 0) == 0 && wants_lsc(dev))
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
}

static void
wake_poller(struct asm82545_adapter *a)
{
	static const uint64_t one = 1;

	/* A full pipe has woken it already. */
	if (write(a->wake_fd, &one, a->wake_len) < 0 && errno != EAGAIN)
		ASM82545_LOG(DEBUG, "RX wake-up: %s", strerror(errno));
}

static void
intr_handler(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct asm82545_adapter *a = asm82545_adapter(dev);
	uint32_t icr = asm82545_rd32(&a->hw, ASM82545_ICR);

	if (icr == UINT32_MAX)
		icr = 0; /* removed, which the watch reports */
	if (icr & RX_CAUSES) {
		asm82545_wr32(&a->hw, ASM82545_IMC, RX_CAUSES);
		wake_poller(a);
	}
	if (icr & (ASM82545_INT_LSC | ASM82545_INT_RXSEQ))
		link_check(dev);
	rte_intr_ack(dev->intr_handle);
}

/*
 * Nothing is lost between the last poll and this: the cause of a frame that
 * came in between may have been cleared with another one, so it is set again.
 */
int
asm82545_rx_intr_enable(struct rte_eth_dev *dev, uint16_t id)
{
	const struct asm82545_rxq *q = dev->data->rx_queues[id];
	struct asm82545_hw *hw = asm82545_hw(dev);

	asm82545_wr32(hw, ASM82545_IMS, RX_CAUSES);
	asm82545_flush(hw);
	if (asm82545_rx_count(q) != 0)
		asm82545_wr32(hw, ASM82545_ICS, ASM82545_INT_RXT0);
	return 0;
}

int
asm82545_rx_intr_disable(struct rte_eth_dev *dev, uint16_t id __rte_unused)
{
	asm82545_wr32(asm82545_hw(dev), ASM82545_IMC, RX_CAUSES);
	return 0;
}

/*
 * The transmitter is stuck when it neither moves its head nor is paused while
 * a packet waits. The program hears RTE_ETH_EVENT_INTR_RESET, and answers with
 * rte_eth_dev_reset() or a stop and a start, which reset the chip.
 */
static void
watch_tx(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	uint32_t head = asm82545_rd32(&a->hw, ASM82545_TDH);
	uint32_t tail = asm82545_rd32(&a->hw, ASM82545_TDT);
	uint32_t status = asm82545_rd32(&a->hw, ASM82545_STATUS);

	if (head == tail || head != a->watch_tdh || (status & ASM82545_STATUS_TXOFF) ||
			!(status & ASM82545_STATUS_LU)) {
		a->watch_tdh = head;
		a->watch_ticks = 0;
		return;
	}
	if (++a->watch_ticks != STUCK_TICKS)
		return;
	a->nb_tx_stuck++;
	ASM82545_LOG(ERR, "port %u: transmission is stuck at descriptor %u: reset the port",
		dev->data->port_id, head);
	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RESET, NULL);
}

static void
watch(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct asm82545_adapter *a = asm82545_adapter(dev);

	if (asm82545_hw_removed(&a->hw)) {
		ASM82545_LOG(ERR, "port %u: the device is gone", dev->data->port_id);
		link_check(dev);
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RMV, NULL);
		return;
	}
	/*
	 * Where interrupts tell, too: a link that the start finds up, or that comes
	 * up before ethdev calls the port started, causes none any more.
	 */
	link_check(dev);
	watch_tx(dev);
	asm82545_dev_stats_update(dev);
	rte_eal_alarm_set(WATCH_US, watch, dev);
}

/* A pipe as long as what EAL reads from it for this kind of interrupt. */
static int
rx_pipe_open(struct rte_eth_dev *dev)
{
	struct rte_intr_handle *handle = dev->intr_handle;
	struct asm82545_adapter *a = asm82545_adapter(dev);
	enum rte_intr_handle_type type = rte_intr_type_get(handle);
	int fds[2];

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
		return -errno;
	a->wake_fd = fds[1];
	a->wake_len = type == RTE_INTR_HANDLE_VFIO_LEGACY ||
		type == RTE_INTR_HANDLE_VFIO_MSI ? sizeof(uint64_t) : sizeof(uint32_t);
	if (rte_intr_efds_index_set(handle, 0, fds[0]) != 0 ||
			rte_intr_nb_efd_set(handle, 1) != 0 ||
			/* more than efds: rte_intr_efd_disable() closes fds[0] */
			rte_intr_max_intr_set(handle, 2) != 0 ||
			rte_intr_vec_list_alloc(handle, "asm82545", 1) != 0 ||
			rte_intr_vec_list_index_set(handle, 0,
				RTE_INTR_VEC_RXTX_OFFSET) != 0) {
		close(fds[0]);
		return -ENOMEM;
	}
	return 0;
}

static void
rx_pipe_close(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	if (a->wake_fd < 0)
		return;
	rte_intr_efd_disable(dev->intr_handle);
	rte_intr_vec_list_free(dev->intr_handle);
	close(a->wake_fd);
	a->wake_fd = -1;
}

/*
 * VFIO offers MSI-X to every device; the 82545 has none (§4.1.3). In VMware's
 * machines the bit that masks INTx does not work, which UIO relies on.
 */
static bool
intr_is_usable(const struct rte_eth_dev *dev)
{
	enum rte_intr_handle_type type = rte_intr_type_get(dev->intr_handle);
	bool uio = type == RTE_INTR_HANDLE_UIO || type == RTE_INTR_HANDLE_UIO_INTX;

	if (type == RTE_INTR_HANDLE_VFIO_MSIX)
		rte_intr_type_set(dev->intr_handle, RTE_INTR_HANDLE_VFIO_LEGACY);
	return type != RTE_INTR_HANDLE_UNKNOWN &&
		!(uio && asm82545_hw(dev)->subsystem_vendor_id == SUBSYSTEM_VMWARE);
}

static int
intr_enable(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	int ret = -ENOTSUP;

	if (!intr_is_usable(dev))
		goto none;
	if (wants_rxq(dev)) {
		ret = rx_pipe_open(dev);
		if (ret != 0)
			goto close_pipe;
	}
	ret = rte_intr_callback_register(dev->intr_handle, intr_handler, dev);
	if (ret != 0)
		goto close_pipe;
	ret = rte_intr_enable(dev->intr_handle);
	if (ret != 0)
		goto unregister;
	a->intr_on = true;
	asm82545_wr32(&a->hw, ASM82545_IMS, ASM82545_INT_LSC | ASM82545_INT_RXSEQ);
	return 0;

unregister:
	rte_intr_callback_unregister(dev->intr_handle, intr_handler, dev);
close_pipe:
	rx_pipe_close(dev);
none:
	return ret;
}

int
asm82545_intr_start(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	int ret = 0;

	a->watch_ticks = 0;
	if (wants_lsc(dev) || wants_rxq(dev))
		ret = intr_enable(dev);
	if (ret != 0 && wants_rxq(dev)) {
		ASM82545_LOG(ERR, "port %u: no interrupt to wait with: poll, or bind to vfio-pci",
			dev->data->port_id);
		return ret;
	}
	if (ret != 0)
		ASM82545_LOG(NOTICE, "port %u: no interrupt: the link is looked at every second",
			dev->data->port_id);
	return rte_eal_alarm_set(WATCH_US, watch, dev);
}

void
asm82545_intr_stop(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	rte_eal_alarm_cancel(watch, dev);
	if (!a->intr_on)
		return;
	a->intr_on = false;
	rte_intr_disable(dev->intr_handle);
	/* Called from a callback of this very interrupt it is removed later. */
	if (rte_intr_callback_unregister(dev->intr_handle, intr_handler, dev) == -EAGAIN)
		rte_intr_callback_unregister_pending(dev->intr_handle, intr_handler,
				dev, NULL);
	rx_pipe_close(dev);
}
