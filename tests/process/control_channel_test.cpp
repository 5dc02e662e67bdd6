#include "process/control_channel.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

namespace slabring {
namespace {

TEST(ControlChannel, MessageArrivesWhole) {
  auto [trainer, coordinator] = ControlChannel::make_pair();
  ControlMessage sent;
  sent.kind = ControlMessage::Kind::death;
  sent.slot = 3;
  sent.set_text("was killed by SIGSEGV");
  ASSERT_TRUE(coordinator.send(sent));
  const auto got = trainer.receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->slot, 3U);
  EXPECT_EQ(got->text_view(), "was killed by SIGSEGV");
  EXPECT_FALSE(trainer.receive());
}

TEST(ControlChannel, LongTextIsCutAndUnterminatedTextIsBounded) {
  ControlMessage message;
  message.set_text(std::string(5000, 'x'));
  EXPECT_EQ(message.text_view().size(), ControlMessage::text_bytes - 1);
  std::memset(message.text, 'y', sizeof message.text);
  EXPECT_EQ(message.text_view().size(), ControlMessage::text_bytes);
}

TEST(ControlChannel, FullSocketDropsInsteadOfBlocking) {
  auto [trainer, coordinator] = ControlChannel::make_pair();
  int sent = 0;
  while (coordinator.send(ControlMessage{}) && sent < 100'000) ++sent;
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 100'000);
}

TEST(ControlChannel, MessageOfAnotherSizeIsIgnored) {
  auto [trainer, coordinator] = ControlChannel::make_pair();
  ASSERT_EQ(::send(coordinator.fd(), "short", 5, 0), 5);
  EXPECT_FALSE(trainer.receive());
}

}  // namespace
}  // namespace slabring
