#!lua
-- What the data set is: written once, by the first gateway that opens it.
-- KEYS meta   ARGV format partitions data-set
if redis.call('HLEN', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'format', ARGV[1], 'partitions', ARGV[2], 'data-set', ARGV[3])
end
return { 'meta', redis.call('HMGET', KEYS[1], 'format', 'partitions', 'data-set') }
