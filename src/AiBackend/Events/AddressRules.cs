using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace AiBackend.Events;

/// <summary>
/// Which addresses are public, after the special-purpose registries of IANA. IPv6 forms that carry an IPv4 address are as public as
/// that address.
/// </summary>
internal static class AddressRules
{
    private static readonly IPNetwork[] SpecialIPv4 =
    [
        Network("0.0.0.0/8"), // this host
        Network("10.0.0.0/8"), // private
        Network("100.64.0.0/10"), // carrier-grade NAT, and metadata of some clouds
        Network("127.0.0.0/8"), // loopback
        Network("168.63.129.16/32"), // a cloud's own host service, though allocated as public
        Network("169.254.0.0/16"), // link-local, and metadata of most clouds
        Network("172.16.0.0/12"), // private
        Network("192.0.0.0/24"), // protocol assignments
        Network("192.0.2.0/24"), // documentation
        Network("192.88.99.0/24"), // former 6to4 relays
        Network("192.168.0.0/16"), // private
        Network("198.18.0.0/15"), // benchmarks
        Network("198.51.100.0/24"), // documentation
        Network("203.0.113.0/24"), // documentation
        Network("224.0.0.0/4"), // multicast
        Network("240.0.0.0/4"), // reserved, and broadcast
    ];

    private static readonly IPNetwork PublicIPv6 = Network("2000::/3");

    private static readonly IPNetwork[] SpecialIPv6 =
    [
        Network("2001::/23"), // protocol assignments; Teredo, which tunnels to a hidden IPv4 address, is one of them
        Network("2001:db8::/32"), // documentation
        Network("3fff::/20"), // documentation
    ];

    private static readonly IPNetwork Translated = Network("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = Network("2002::/16");

    private static readonly string[] PrivateNames = ["localhost", "local", "internal", "home.arpa"];

    /// <summary>Whether a packet to this address leaves for the public internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return !Array.Exists(SpecialIPv4, network => network.Contains(address));
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.IsIPv4MappedToIPv6 || Translated.Contains(address))
        {
            return IsPublic(IPv4(bytes[12..]));
        }

        if (SixToFour.Contains(address))
        {
            return IsPublic(IPv4(bytes[2..6]));
        }

        return PublicIPv6.Contains(address) && !Array.Exists(SpecialIPv6, network => network.Contains(address));
    }

    /// <summary>Whether the name is, or ends in, one that is reserved for private use, so that no resolver need be asked.</summary>
    public static bool IsPrivateName(string host) => Array.Exists(
        PrivateNames,
        name => host.EndsWith(name, StringComparison.OrdinalIgnoreCase)
            && (host.Length == name.Length || host[^(name.Length + 1)] == '.'));

    private static IPAddress IPv4(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt32LittleEndian(bytes));

    private static IPNetwork Network(string text) => IPNetwork.Parse(text);
}
